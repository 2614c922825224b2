"""Every cause: its word, what it is in one sentence, and the rule that finds its signs."""

from __future__ import annotations

from rnnctl.diagnosis.causes import data, fit, rates, weights
from rnnctl.diagnosis.causes.suspicion import CauseEntry
from rnnctl.util.registry import Registry

CAUSES: Registry[CauseEntry] = Registry(
    "cause",
    [
        CauseEntry("data not finite", "The data holds values that are no finite numbers.", data.not_finite),
        CauseEntry(
            "leaking feature",
            "A feature gives the answer away, and will not be there when it is needed.",
            data.leaking_feature,
            misleads=True,
        ),
        CauseEntry(
            "targets shifted", "The targets stand beside the wrong rows: moved by one, they fit.", data.shifted_targets
        ),
        CauseEntry(
            "output out of range",
            "The network cannot give the values that are asked of it.",
            weights.output_out_of_range,
        ),
        CauseEntry(
            "classes as numbers",
            "The target is a class, and is learnt as if it were a quantity.",
            data.classes_as_numbers,
            misleads=True,
        ),
        CauseEntry(
            "inputs unscaled",
            "The inputs are far too large, too small, or too different in size.",
            data.unscaled_inputs,
        ),
        CauseEntry(
            "targets unscaled",
            "The targets are far too large or too small to be reached by usual steps.",
            data.unscaled_targets,
        ),
        CauseEntry(
            "constant features", "Most inputs never change, so they tell the network nothing.", data.constant_features
        ),
        CauseEntry("duplicated features", "Inputs are copies of each other.", data.duplicated_features),
        CauseEntry(
            "padding not masked", "Sequences end in padding that the network takes for data.", data.padding_in_data
        ),
        CauseEntry("initial weights", "The weights that training begins with are of no use.", weights.initial_weights),
        CauseEntry("dead units", "Units never respond to anything, and so never learn.", weights.dead),
        CauseEntry(
            "saturated", "Units stand at the ends of their activation, where nothing moves them.", weights.saturated
        ),
        CauseEntry(
            "exploding",
            "The gradient grows on its way back through time, and throws the weights off.",
            weights.exploding,
        ),
        CauseEntry("exploding activation", "The state grows without bound.", weights.exploding_relu),
        CauseEntry("warm-up too long", "The learning rate has hardly risen when training ends.", rates.long_warmup),
        CauseEntry(
            "schedule ends early", "The learning rate falls to nothing long before training ends.", rates.early_end
        ),
        CauseEntry(
            "clipping too tight",
            "Clipping leaves so little of every gradient that nothing moves.",
            rates.tight_clipping,
        ),
        CauseEntry(
            "clipping missing",
            "A few huge gradients throw the weights off, and nothing limits them.",
            rates.missing_clipping,
        ),
        CauseEntry(
            "learning rate too low", "The steps are so small that training ends before it has begun.", rates.too_low
        ),
        CauseEntry(
            "learning rate too high", "The steps are so large that they jump over what they look for.", rates.too_high
        ),
        CauseEntry("weight decay too strong", "Weight decay takes off the weights what they learn.", fit.strong_decay),
        CauseEntry(
            "dropout too strong",
            "So much is left out of every step that little can be learnt from it.",
            fit.strong_dropout,
        ),
        CauseEntry(
            "batch too large", "All of training is a few steps, each of nearly all the data.", rates.large_batch
        ),
        CauseEntry("batch too small", "Each step sees so few sequences that it follows chance.", rates.small_batch),
        CauseEntry("vanishing", "The answer lies further back than the gradient reaches.", weights.vanishing),
        CauseEntry("window too short", "The network does not see far enough back to see the season.", fit.short_window),
        CauseEntry("too few units", "The network is too small for what there is to learn.", fit.few_units),
        CauseEntry(
            "early stopping on noise",
            "Training was stopped at a chance rise of the validation loss.",
            fit.stopped_on_noise,
        ),
        CauseEntry("too few steps", "Training ends while the network still learns.", fit.few_steps),
        CauseEntry("overfitting", "The network learns the training rows by heart.", fit.overfitting),
        CauseEntry("class imbalance", "One class is nearly all there is, and accuracy does not tell.", data.imbalance),
        CauseEntry("time order shuffled", "The time steps stand in no order.", data.shuffled_time),
        CauseEntry(
            "labels are noise",
            "What is to be predicted does not depend on what the network sees.",
            data.labels_say_nothing,
        ),
        CauseEntry(
            "noise floor",
            "Nothing is wrong, and nothing better than the baseline can be had.",
            data.noise_floor,
            fault=False,
        ),
        CauseEntry("healthy", "Nothing is wrong that shows.", fit.healthy, fault=False),
    ],
)
"""Causes of one certainty stand in this order: what is surer by its nature first."""
