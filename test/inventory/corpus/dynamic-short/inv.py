#!/usr/bin/env python3
import json, sys
DATA = {'all': ['a', 'b'], 'ungrouped': {'hosts': ['c']}, '_meta': {}}
HOSTS = {}
if sys.argv[1] == "--list":
    print(json.dumps(DATA))
else:
    print(json.dumps(HOSTS.get(sys.argv[2], {})))
