#!/bin/sh
# torch 2.13.0 with onnxscript 0.7.2 and onnx 1.23.2: torch.onnx.export(dynamo=True) optimizes unless told otherwise, and
# then batch norms are worked into the convolutions' weights: weights that half precision held exactly no longer are,
# and a model that was stored in half gets twice as large. It also writes into each node where in which file of the
# exporting machine it was made (metadata_props).
# So we trace with optimize=False, fold constants alone (onnxscript.optimizer.fold_constants), and clear the nodes' notes.
#
# Seen: with the default no weight is a half any more, with optimize=False all are; stack traces are in both.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2
cat >"$folder/program.py" <<'PROGRAM'
import warnings

import numpy as np
import torch
from onnx import numpy_helper

warnings.simplefilter("ignore")
net = torch.nn.Sequential(torch.nn.Conv2d(1, 64, 3, bias=False), torch.nn.BatchNorm2d(64)).half().float().eval()
net[1].running_var.uniform_(0.5, 2.0)
exact = {}
for optimize in (True, False):
    program = torch.onnx.export(net, (torch.rand(1, 1, 8, 8),), dynamo=True, optimize=optimize, verbose=False)
    model = program.model_proto
    weights = [numpy_helper.to_array(one) for one in model.graph.initializer if list(one.dims) == [64, 1, 3, 3]]
    exact[optimize] = all(np.array_equal(one, one.astype(np.float16).astype(np.float32)) for one in weights)
notes = {prop.key for node in model.graph.node for prop in node.metadata_props}
print("optimize: half holds the weights:", exact, "notes of nodes:", sorted(notes))
assert exact == {True: False, False: True} and any("stack_trace" in key for key in notes)
PROGRAM
"$folder/venv/bin/python" "$folder/program.py"
