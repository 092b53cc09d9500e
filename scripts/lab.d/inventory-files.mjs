import { keyPair } from '../guests.d/key-pair.mjs';
import { writeLoginFiles } from '../guests.d/login-files.mjs';
import { FILES } from './lab-state.mjs';

/** The key that every guest lets in, made once per lab. @returns {string} its public half */
export const clientKey = () => keyPair(FILES.clientKey, 'provision-lab');

/** @param {object[]} guests all that are on record */
export const writeInventory = (guests) => writeLoginFiles(FILES, guests);
