"""Why a network does not learn: evidence from data, config, short trainings and runs; causes; and what helps."""
