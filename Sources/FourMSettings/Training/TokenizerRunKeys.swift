/// The keys of ml-4m's files for tokenizers (`cfgs/default/tokenization/**`, options of `run_training_vqvae.py` and `run_training_divae.py`).
package enum TokenizerRunKeys {
    /// What decides the training, of both kinds.
    package static let shared: Set<String> = [
        "encoder_type", "decoder_type", "patch_size", "patch_size_dec", "input_size", "input_size_min", "input_size_max", "resolution_step",
        "input_size_enc", "post_mlp", "encoder_ckpt", "full_ckpt", "freeze_enc", "loss_fn", "quantizer_type", "codebook_size", "latent_dim",
        "norm_codes", "norm_latents", "codebook_weight", "quantizer_ema_decay", "coef_ema_dead_code", "code_replacement_policy",
        "commitment_weight",
        "kmeans_init", "batch_size", "batch_size_eval", "epochs", "save_ckpt_freq", "opt", "opt_eps", "opt_betas", "clip_grad", "skip_grad",
        "momentum", "weight_decay", "weight_decay_end", "blr", "min_lr", "warmup_epochs", "warmup_steps", "dtype", "model_ema",
        "model_ema_decay",
        "model_ema_update_freq", "hflip", "domain", "mask_value", "data_path", "eval_data_path", "imagenet_default_mean_and_std",
        "standardize_surface_normals", "min_crop_scale", "use_wds", "dataset_size", "step_eval", "eval_freq", "input_size_eval",
        "num_eval_metrics_samples", "num_logged_images", "output_dir", "run_name", "seed", "num_workers",
    ]

    /// Those that ml-4m does not have.
    package static let own: Set<String> = ["enc_args", "dec_args", "accum_iter", "n_labels", "n_channels"]

    /// What they are for, and why nothing comes of them here.
    package static let passedOver: [String: String] = {
        var all: [String: String] = [
            "warmup_lr": "the reference does not use it either", "epoch_eval": "step_eval says it",
            "cache_datasets": "folders are listed anew",
            "eval_metrics_freq": "losses of the evaluation set are its metrics", "eval_image_log_freq": "sheets come at --samples-every",
            "no_inception": "there is no Inception score", "log_codebook_usage": "it is always there",
            "dist_eval": "evaluation is split by rank always",
            "eval_only": "of the reference's script", "device": "of GPUs", "pin_mem": "of GPUs", "model_ema_force_cpu": "of GPUs",
            "find_unused_params": "of DDP", "show_user_warnings": "of Python", "start_epoch": "a run goes on with --resume",
            "resume": "a run goes on with --resume", "auto_resume": "a run goes on with --resume", "eval": "of the reference's script",
        ]
        for key in ["wds_n_repeats", "wds_shuffle_buffer_tar", "wds_shuffle_buffer_repeat"] { all[key] = "an epoch is a permutation" }
        for key in ["dist_url", "dist_on_itp", "world_size", "local_rank"] { all[key] = "of torch.distributed" }
        for key in ["log_wandb", "wandb_project", "wandb_entity", "wandb_run_name", "wandb_tags"] { all[key] = "of Weights & Biases" }
        for key in ["s3_endpoint", "s3_data_endpoint", "s3_multipart_chunksize_mb", "s3_multipart_threshold_mb", "s3_save_dir", "s3_path"] {
            all[key] = "of S3"
        }
        return all
    }()
}
