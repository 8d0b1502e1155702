# SPDX-License-Identifier: MIT
# Rules of the protocol model; see test/model/README.md.

MODEL_ENV = BUILD='$(abspath $(BUILD))'

## model: check the protocol model and its broken twins (minutes)
model:
	@$(MODEL_ENV) test/model/check-model

## model-long: the same within larger bounds (minutes)
model-long:
	@$(MODEL_ENV) test/model/check-model --long

.PHONY: model model-long
