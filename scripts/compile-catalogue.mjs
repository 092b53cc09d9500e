// Part of the build: see src/shipped/compiled.ts.
import { compileCatalogue } from '../src/shipped/catalogue.ts';

compileCatalogue();
