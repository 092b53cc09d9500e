#!/usr/bin/env node
import { runBundle } from './bundle.ts';

// Loading two hundred modules takes longer than talking to twenty guests; the build makes one of them (docs/performance.md).
if (!runBundle()) await import('./process.ts');
