import { describe, expect, it } from 'vitest';
import { crashkernelProblem } from '../../src/profile/crashkernel.ts';
import { durationSeconds } from '../../src/profile/duration.ts';
import { sysctlKey, sysctlKeyProblem } from '../../src/profile/sysctl-key.ts';

describe('durations', () => {
  it.each([
    ['60s', 60],
    ['2m', 120],
    ['1h30m', 5400],
    ['1d', 86_400],
    ['1d1h1m1s', 90_061],
    ['0s', 0],
    ['', null],
    ['60', null],
    ['s', null],
    ['1s1m', null],
    ['1m1m', null],
    ['1.5h', null],
    ['-1s', null],
    ['60 s', null],
    ['60S', null],
    ['60ms', null],
  ])('%j is %s s', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });
});

describe('crashkernel', () => {
  it.each([
    'auto',
    '256M',
    '1G',
    '262144K',
    '256m',
    '256M@16M',
    '512M,high',
    '72M,low',
    '256M,cma',
    '384M-:128M',
    '512M-:192M',
    '2G-4G:320M,4G-32G:512M,32G-64G:1024M,64G-128G:2048M,128G-:4096M',
    '0-2G:64M,2G-:128M@16M',
  ])('%s is right', (text) => {
    expect(crashkernelProblem(text)).toBeNull();
  });

  it.each([
    '',
    '256',
    '256MB',
    '0M',
    '-256M',
    '256M,',
    'auto ',
    '256M quiet',
    ':128M',
    '384M-:',
    '4G-2G:256M',
    '1G-1G:64M',
    '128M-256M:256M',
    '384M-:128M,',
    '1G-2G:64M@',
  ])('%j is not', (text) => {
    expect(crashkernelProblem(text)).toMatch(/^takes /);
  });
});

describe('sysctl keys', () => {
  it.each([
    ['kernel.panic', 'kernel.panic'],
    ['kernel/panic', 'kernel.panic'],
    ['net/ipv4/conf/eth0.1/rp_filter', 'net.ipv4.conf.eth0/1.rp_filter'],
    ['net.ipv4.conf.eth0/1.rp_filter', 'net.ipv4.conf.eth0/1.rp_filter'],
  ])('%s is %s', (text, key) => {
    expect(sysctlKey(text)).toBe(key);
    expect(sysctlKeyProblem(text)).toBeNull();
    expect(sysctlKey(sysctlKey(text))).toBe(key);
  });

  it.each([
    '-kernel.panic',
    'kernel',
    'kernel.*',
    'kernel.',
    '.kernel',
    'kernel..panic',
    'kernel/../x',
    'a b.c',
    'a.b=1',
    'a.b\n',
    'a.$(x)',
  ])('%j is refused', (text) => {
    expect(sysctlKeyProblem(text)).not.toBeNull();
  });
});
