// Part of the build: see src/shipped/compiled.ts.
import { compileCatalogue } from '../src/shipped/catalogue.ts';
import { compileHangs } from '../src/shipped/hang-knowledge.ts';

compileCatalogue();
compileHangs();
