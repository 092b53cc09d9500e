#!/usr/bin/env python3
import json, sys
DATA = {'web': {'hosts': ['w1', 'w2']}, 'all': {'vars': {'a': 1}}}
HOSTS = {'w1': {'v': 1}, 'w2': {'v': 2, 'a': 3}}
if sys.argv[1] == "--list":
    print(json.dumps(DATA))
else:
    print(json.dumps(HOSTS.get(sys.argv[2], {})))
