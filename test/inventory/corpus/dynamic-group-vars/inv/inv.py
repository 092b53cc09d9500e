#!/usr/bin/env python3
import json, sys
DATA = {'web': {'hosts': ['w1'], 'vars': {'v': 'script', 'w': 'script'}}, '_meta': {'hostvars': {'w1': {'h': 'script'}}}}
HOSTS = {}
if sys.argv[1] == "--list":
    print(json.dumps(DATA))
else:
    print(json.dumps(HOSTS.get(sys.argv[2], {})))
