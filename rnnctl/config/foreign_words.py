"""Words of Keras, PyTorch, Lightning and others for what a config of ours names, to suggest ours where they are typed.

A suggestion is only ever shown: no foreign word is accepted.
"""

from __future__ import annotations

from functools import cache

from rnnctl.config import schema_tree as tree
from rnnctl.util.registry import Registry
from rnnctl.util.suggest import nearest

_FOREIGN: dict[str, str] = {
    "optimizer": "optim optimiser opt",
    "optimizer.learning_rate": "lr rate eta learn_rate learningrate base_lr max_lr lr_scheduler scheduler lr_schedule",
    "optimizer.beta_1": "beta1 betas adam_beta1 adam_betas b1",
    "optimizer.beta_2": "beta2 adam_beta2 b2",
    "optimizer.epsilon": "eps adam_epsilon",
    "optimizer.momentum": "mom",
    "optimizer.weight_decay": "wd decay l2 l2_reg l2_regularization kernel_regularizer regularization",
    "optimizer.global_clipnorm": (
        "clip clip_norm grad_clip gradient_clip gradient_clip_val gradient_clip_norm clip_grad clip_grad_norm "
        "max_grad_norm max_norm clipping"
    ),
    "optimizer.clipvalue": "clip_value gradient_clip_value clip_grad_value",
    "loss": "criterion loss_fn loss_func loss_function objective",
    "loss.quantiles": "levels quantile quantile_levels taus tau alphas percentiles",
    "training.epochs": "epoch max_epochs num_epochs n_epochs nb_epoch nb_epochs num_train_epochs",
    "training.steps": "max_steps num_steps total_steps iterations max_iter max_iters n_iter num_iterations iters",
    "training.batch_size": "batch bs batchsize minibatch mini_batch batch_sz train_batch_size n_batch",
    "training.shuffle": "shuffle_data",
    "training.members": "ensemble ensemble_size n_members num_members n_models num_models n_estimators n_ensemble",
    "training.class_weights": (
        "class_weight classweight pos_weight scale_pos_weight weight weights sample_weight loss_weights is_unbalance"
    ),
    "training.truncate": "bptt tbptt truncated_bptt_steps tbptt_steps",
    "training.early_stopping": "early_stop earlystopping callbacks",
    "training.early_stopping.patience": "early_stopping_patience es_patience early_stopping_rounds n_iter_no_change",
    "training.deterministic": "cudnn_deterministic reproducible",
    "model.layers": "layer num_layers n_layers nb_layers rnn_layers num_rnn_layers depth",
    "model.layers.0.units": (
        "hidden hidden_size hidden_dim hidden_units hidden_state n_hidden num_hidden num_units n_units rnn_units "
        "rnn_size lstm_units gru_units hidden_channels d_model state_size dim neurons"
    ),
    "model.layers.0.cell": "cell_type rnn_type rnn layer_type model_type architecture arch",
    "model.layers.0.dropout": "dropout_rate dropout_prob p_dropout drop_rate drop input_dropout keep_prob",
    "model.layers.0.recurrent_dropout": "rnn_dropout hidden_dropout variational_dropout",
    "model.layers.0.bidirectional": "bidir bi birnn",
    "model.layers.0.use_bias": "bias",
    "model.layers.0.recurrent_initializer": "recurrent_init",
    "model.layers.0.kernel_initializer": "kernel_init weight_init init initializer",
    "data.path": "file filename file_path filepath data_path data_file dataset csv csv_path root data_dir",
    "data.target": "targets target_col target_column target_cols label labels label_col y y_col output_col",
    "data.features": "feature feature_cols feature_columns input_cols inputs x x_cols covariates exog",
    "data.time": "date date_col date_column time_col time_column time_idx timestamp datetime ds index_col",
    "data.series": "group groups group_id group_ids group_by series_id id id_col id_column unique_id item_id",
    "data.skip_lines": "skiprows skip_rows",
    "data.skip_footer": "skipfooter footer",
    "data.known": "future_covariates futr_exog_list time_varying_known_reals known_covariates known_future",
    "data.static": "static_covariates static_reals static_categoricals stat_exog_list",
    "data.frequency": "freq",
    "data.scale": "scaler scaling normalize normalise normalization standardize standardise scaler_type",
    "data.missing": "fillna impute imputation nan na_action",
    "data.split": "splits train_split train_size train_test_split",
    "data.split.validation": "val valid val_split validation_split val_size valid_size validation_size val_ratio",
    "data.split.test": "test_split test_size test_ratio holdout",
    "data.window.length": (
        "seq_len seq_length sequence_length sequence_len seqlen lookback look_back lookback_window n_steps_in "
        "size n_steps n_timesteps timesteps time_steps window_size window_length input_size input_length input_len "
        "input_chunk_length context_length context_len max_encoder_length history n_lags n_past maxlen"
    ),
    "data.window.horizon": (
        "forecast_horizon pred_len prediction_length prediction_horizon n_steps_out n_ahead steps_ahead n_forecasts "
        "output_length output_chunk_length max_prediction_length fh n_future lead h"
    ),
    "data.window.stride": "step_size hop window_stride sampling_rate",
    "data.separator": "sep delimiter",
    "data.decimal_comma": "decimal",
    "data.difference": "diff d differencing differences",
    "data.transform": "transformation target_transform boxcox log",
    "data.season": "seasonality season_length seasonal_period seasonal_periods sp",
    "seed": "random_seed random_state rng_seed manual_seed",
    "name": "run_name experiment experiment_name title",
    "checkpoints.steps": "save_steps save_every checkpoint_every save_freq",
    "checkpoints.best": "save_best save_best_only save_top_k",
    "checkpoints.keep": "save_total_limit max_to_keep",
}
"""Foreign words by the key that they stand for."""

KEYS = {word: key for key, words in _FOREIGN.items() for word in words.split()}
"""Keys by foreign word."""

OPTIONS = {
    "data": "file input input_file csv test_data new_data",
    "from": "data file input input_file csv",
    "out": "output output_dir output_file save save_dir",
    "horizon": "steps n_steps ahead steps_ahead n_ahead prediction_length fh",
    "folds": "cv k_folds n_folds n_splits kfold cross_validation backtest",
    "every": "log_every log_interval verbose",
    "quiet": "silent",
    "html": "report",
}
"""Foreign words by the option that they stand for, in the commands that have it."""

NO_OPTIONS = {
    **dict.fromkeys(
        ("gpu", "gpus", "device", "devices", "cuda", "cpu", "accelerator", "use_gpu", "no_cuda"),
        "No option chooses the device: rnnctl uses what TensorFlow finds, and CUDA_VISIBLE_DEVICES hides GPUs from it.",
    ),
    **dict.fromkeys(
        ("resume", "continue", "resume_from", "checkpoint", "ckpt", "resume_from_checkpoint"),
        "A run goes on with: rnnctl resume RUN",
    ),
}
"""What to say of options that others have and rnnctl has in no command."""

_LONGEST = 40
"""Most characters of a misspelt key that is looked for in other sections."""

TAG_WORDS = frozenset({"type", "class", "class_name", "cls", "name", "method", "algorithm", "cell_type", "rnn_type"})
"""Foreign words for the key that chooses what a section is: ``kind`` or ``cell``."""

VALUES = {
    **dict.fromkeys(("mean_squared_error", "mseloss", "l2", "squared_error", "rmse"), "mse"),
    **dict.fromkeys(("mean_absolute_error", "l1", "l1loss", "absolute_error"), "mae"),
    **dict.fromkeys(("smooth_l1", "smoothl1loss", "huberloss", "huber_loss"), "huber"),
    **dict.fromkeys(("pinball", "pinball_loss", "quantileloss", "quantile_loss", "mqloss"), "quantile"),
    **dict.fromkeys(("bce", "bceloss", "bcewithlogitsloss", "logistic"), "binary_crossentropy"),
    **dict.fromkeys(
        (
            "cross_entropy",
            "crossentropy",
            "crossentropyloss",
            "sparse_categorical_crossentropy",
            "nll",
            "nllloss",
            "ce",
        ),
        "categorical_crossentropy",
    ),
    **dict.fromkeys(("auto", "balance", "inverse", "balanced_subsample"), "balanced"),
    **dict.fromkeys(("rnn", "vanilla", "vanilla_rnn", "elman", "simplernn"), "simple_rnn"),
    **dict.fromkeys(("standardscaler", "zscore", "z-score", "z_score"), "standard"),
    **dict.fromkeys(("minmaxscaler", "min_max", "min-max"), "minmax"),
    **dict.fromkeys(("robustscaler",), "robust"),
    **dict.fromkeys(("ffill", "pad", "locf"), "forward"),
    **dict.fromkeys(("linear",), "interpolate"),
    **dict.fromkeys(("dropna", "remove"), "drop"),
    **dict.fromkeys(("regression", "forecasting"), "forecast"),
    **dict.fromkeys(("classification", "seq2one"), "per_sequence"),
    **dict.fromkeys(("tagging", "labelling"), "per_step"),
    **dict.fromkeys(("language_model", "autoregressive"), "next_step"),
}
"""Our words by foreign ones; of two that share one, the other is found by its letters."""


def plain(word: str) -> str:
    """A key or option as it is looked up: ``--Batch-Size`` is ``batch_size``."""
    return word.strip().lstrip("-").casefold().replace("-", "_")


def our_key(word: str) -> str | None:
    """The dotted key that a foreign word, or a key of ours outside its section, most likely means; None for none."""
    last = plain(word.rpartition(".")[2])
    if known := KEYS.get(last) or _own().get(last):
        return known
    return _own().get(nearest(last, _own()) or "") if len(last) <= _LONGEST else None


def our_word(value: str, words: list[str]) -> str | None:
    """The one of some words that a foreign value most likely means; None for none."""
    known = VALUES.get(plain(value))
    return known if known in words else nearest(value, words)


@cache
def _own() -> dict[str, str]:
    """Every key of ours below a section by its last part, the shallowest first; items of lists are number 0."""
    found: dict[str, str] = {}
    level: list[tuple[str, tree.Schema]] = [("", tree.whole_schema())]
    while level:
        below: list[tuple[str, tree.Schema]] = []
        for path, schema in level:
            for section in tree.sections(schema):
                for key, inner in section["properties"].items():
                    if key in tree.TAGS:
                        continue
                    found.setdefault(key, f"{path}{key}")
                    items = next((one["items"] for one in tree.branches(inner) if "items" in one), None)
                    if path.count(".") < 3:
                        below.append((f"{path}{key}." + ("0." if items else ""), items or inner))
        level = below
    return found


Registry.listeners.append(_own.cache_clear)
