import { describe, expect, it } from 'vitest';
import { ageOf } from '../../../src/investigate/explaining/kernel-age.ts';
import type { KernelAge } from '../../../src/investigate/explanation.ts';
import { frameOf, KNOWLEDGE } from './knowledge.ts';

const age = (...names: string[]): KernelAge => ageOf(names.map(frameOf), KNOWLEDGE);

describe('ageOf', () => {
  it('is bounded by what calls what', () => {
    expect(age('ttm_pool_populate [ttm]', 'x', 'virtio_gpu_object_create [virtio_gpu]')).toEqual({
      from: null,
      before: '5.4',
      because: ['ttm under virtio_gpu: before 5.4'],
    });
    expect(age('virtio_gpu_object_create', 'ttm_pool_populate')).toMatchObject({ before: null, because: [] });
  });

  it('takes + as right after', () => {
    expect(age('__flush_work', 'drain_all_pages').before).toBe('6.0');
    expect(age('__flush_work', 'lru_add_drain_all', 'drain_all_pages').before).toBeNull();
  });

  it('is bounded by names, on both sides', () => {
    expect(age('__flush_work', 'drain_all_pages', 'new_name')).toEqual({
      from: '5.13',
      before: '6.0',
      because: ['draining waits for work: before 6.0', 'it has new_name: 5.13 or later'],
    });
  });

  it('leaves clues out that say less than others', () => {
    expect(age('new_name', 'newest_name')).toEqual({
      from: '6.1',
      before: null,
      because: ['it has newest_name: 6.1 or later'],
    });
  });

  it('says what contradicts, and does not count it', () => {
    expect(age('ttm_tt_bind', 'new_name', 'virtio_gpu_ioctl')).toEqual({
      from: null,
      before: '5.4',
      because: [
        'ttm under virtio_gpu: before 5.4',
        'it has new_name: 5.13 or later, which does not fit: backported or renamed',
      ],
    });
  });

  it('listens neither to left-overs on the stack nor to what was put back', () => {
    expect(age('? new_name').from).toBeNull();
    expect(ageOf([{ ...frameOf('new_name'), inferred: 'because' }], KNOWLEDGE).from).toBeNull();
  });

  it('compares releases as numbers', () => {
    const clues = [
      { stack: ['a'], from: '5.4', before: null, because: 'a' },
      { stack: ['a'], from: '5.10', before: null, because: 'b' },
    ];
    expect(ageOf([frameOf('a')], { ...KNOWLEDGE, clues }).from).toBe('5.10');
  });
});
