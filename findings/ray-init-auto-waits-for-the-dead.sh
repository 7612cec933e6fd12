#!/usr/bin/env bash
# Ray 2.60: `ray.init("auto")` goes to the address that /tmp/ray/ray_current_cluster names. Where that cluster was
# killed, it tries for minutes, and raises no ConnectionError that would say "there is none".
# Seen: 60 seconds later it was still trying. colorgan asks first whether somebody listens.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv env
env/bin/pip install --quiet ray==2.60.0
export RAY_USAGE_STATS_ENABLED=0 RAY_TMPDIR=$PWD
mkdir -p ray
echo 127.0.0.1:9 >ray/ray_current_cluster
if timeout 60 env/bin/python -c 'import ray; ray.init("auto")' >log 2>&1; then
    echo "it joined something: has this changed?"
    exit 1
elif [ $? -ne 124 ]; then
    tail -1 log
    echo "it gives up by itself: the check in colorgan/archive/cluster.py can go"
    exit 1
fi
echo "still waiting after 60 seconds"
