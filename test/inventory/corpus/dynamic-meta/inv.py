#!/usr/bin/env python3
import json, sys
DATA = {'web': {'hosts': ['w1', 'w2'], 'vars': {'v': 1, 'o': {'x': [1]}}}, 'db': ['d1'], 'top': {'children': ['web', 'db'], 'vars': {'t': True}}, '_meta': {'hostvars': {'w1': {'ansible_host': '192.0.2.1', 'n': None}, 'stray': {'x': 1}}}}
HOSTS = {}
if sys.argv[1] == "--list":
    print(json.dumps(DATA))
else:
    print(json.dumps(HOSTS.get(sys.argv[2], {})))
