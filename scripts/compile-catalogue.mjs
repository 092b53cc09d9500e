// Part of the build: see src/shipped/compiled.ts.
import { compileCatalogue } from '../dist/shipped/catalogue.js';

compileCatalogue();
