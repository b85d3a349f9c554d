/// The keys of ml-4m's model files (`cfgs/default/4m/models/**`, options of `run_training_4m.py` and `run_training_4m_fsdp.py`).
package enum FMRunKeys {
    /// What decides the training.
    package static let followed: Set<String> = [
        "batch_size", "epochs", "total_tokens", "accum_iter", "save_ckpt_freq", "model", "patch_size", "input_size", "num_register_tokens",
        "dtype", "num_input_tokens", "num_target_tokens", "min_input_tokens", "min_target_tokens", "loss_type", "finetune", "opt",
        "opt_eps",
        "opt_betas", "clip_grad", "skip_grad", "momentum", "weight_decay", "weight_decay_end", "decoder_decay", "blr",
        "min_blr", "frozen_model_blr", "scheduler", "warmup_epochs", "warmup_steps", "warmup_tokens", "cooldown_epochs", "cooldown_steps",
        "cooldown_tokens", "frozen_model_epochs", "frozen_model_tokens", "frozen_embedding_domain", "data_config", "epoch_size",
        "text_tokenizer_path", "tokenizer_path", "eval_freq", "fixed_eval", "fixed_eval_input_tokens", "fixed_eval_target_tokens",
        "output_dir", "run_name", "seed",
    ]

    /// Those that ml-4m does not have.
    package static let own: Set<String> = [
        "architecture", "modality_overrides", "layer_decay", "train", "freeze", "eval_samples", "bundle", "lora_rank", "lora_scale",
        "lora_target",
    ]

    /// What they are for, and why nothing comes of them here.
    package static let passedOver: [String: String] = {
        var all: [String: String] = [
            "num_workers": "--prefetch says how many batches are read ahead",
            "skip_nan_grad": "a step that is no number ends the run, which names it",
            "use_act_checkpoint": "what is recomputed is decided by memory", "compute_grad_norm": "the norm is always there",
            "fixed_eval_batch_size": "the reference does not use it either", "show_user_warnings": "of Python",
            "rlimit": "of Python's workers",
            "print_all": "of distributed logs", "find_unused_params": "of DDP", "pin_mem": "of GPUs", "device": "of GPUs",
            "dist_eval": "evaluation is split by rank always", "start_epoch": "a run goes on with --resume",
            "auto_resume": "a run goes on with --resume",
        ]
        for key in ["dist_url", "dist_on_itp", "world_size", "local_rank", "gpu"] { all[key] = "of torch.distributed" }
        for key in ["log_wandb", "wandb_project", "wandb_entity", "wandb_run_name", "wandb_mode", "wandb_tags"] {
            all[key] = "of Weights & Biases"
        }
        for key in [
            "s3_endpoint", "s3_data_endpoint", "s3_multipart_chunksize_mb", "s3_multipart_threshold_mb", "s3_max_io_queue", "s3_save_dir",
            "s3_path",
        ] { all[key] = "of S3" }
        return all
    }()

    /// Keys that cannot be followed, and what to do instead.
    package static let refused: [String: String] = [
        "resume": "a run goes on from its own folder with --resume; start from other weights with 'finetune'",
        "eval": "evaluate with --evaluate-only",
    ]

    package static var known: [String] { (followed.union(own).union(passedOver.keys).union(refused.keys)).sorted() }
}
