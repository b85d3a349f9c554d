"""Quantized models in ONNX Runtime and OpenVINO: what Benchmarks/quant.py holds Tessera's schemes against."""
