"""PyTorch definitions of the benchmarked parts, with the tensor names of the released checkpoints."""
