#!/bin/sh
# torch 2.13.0+cpu (Linux wheel, x86-64, with libgomp): one small operation in another thread slows all of the first
# thread's small operations down, for as long as the other thread lives, also when it never does anything again.
#
# Each thread that runs torch gets an OpenMP team of its own, which is kept. With more threads in teams than the machine
# has cores, libgomp no longer lets a team spin between two parallel regions: it goes to sleep, and waking it takes longer
# than a small operation. OMP_WAIT_POLICY=passive, often set so that programs share cores, does the same from the start.
# So a thread pool that encodes or paints should leave torch to one thread, or call torch.set_num_threads(1) in each.
#
# Seen on two cores: 600 small matrix products and activations take 2 to 5 times as long afterwards; with the other
# thread told torch.set_num_threads(1) before its first operation, as long as before.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
cat >"$folder/program.py" <<'PROGRAM'
import os
import statistics
import sys
import threading
import time

import torch

torch.set_num_threads(len(os.sched_getaffinity(0)))
x, weight = torch.rand(196, 192), torch.rand(192, 192)


def small_operations() -> float:
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        for _ in range(600):
            torch.relu(x @ weight)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def one_operation() -> None:
    if sys.argv[1] == "alone":
        torch.set_num_threads(1)
    torch.rand(512, 512) @ torch.rand(512, 512)
    done.set()
    stay.wait()


done, stay = threading.Event(), threading.Event()
small_operations()
before = small_operations()
threading.Thread(target=one_operation, daemon=True).start()
done.wait()
print(small_operations() / before)
PROGRAM
team=$(env -u OMP_WAIT_POLICY -u OMP_NUM_THREADS "$folder/venv/bin/python" "$folder/program.py" team)
alone=$(env -u OMP_WAIT_POLICY -u OMP_NUM_THREADS "$folder/venv/bin/python" "$folder/program.py" alone)
echo "after one operation in another thread: $team times as long; of one thread: $alone times"
"$folder/venv/bin/python" -c "
import sys
team, alone = map(float, sys.argv[1:])
assert team > 1.5, 'changed: another team no longer slows the first'
assert alone < 1.3, 'changed: a thread of one slows the first, too'
" "$team" "$alone"
