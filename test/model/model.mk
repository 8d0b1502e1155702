# SPDX-License-Identifier: MIT
# Rules of the protocol model, see test/model/README.md, and of twins and mutants, which test the tests.

MODEL_ENV = BUILD='$(abspath $(BUILD))'

## model: check the protocol model and its broken twins (minutes)
model:
	@$(MODEL_ENV) test/model/check-model

## model-long: the same within larger bounds (minutes)
model-long:
	@$(MODEL_ENV) test/model/check-model --long

## twins: sources with one rule broken, each of which a named test must notice (minutes)
twins:
	@$(MODEL_ENV) test/model/twins/check-twins $(TWINS)

## mutants: change the sources at random and see which tests notice (MUTANTS='--seed N --count N PATH...')
mutants:
	@$(MODEL_ENV) test/mutants/mutate $(MUTANTS)

.PHONY: model model-long twins mutants
