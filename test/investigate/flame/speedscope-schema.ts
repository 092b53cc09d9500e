const index = { type: 'integer', minimum: 0 };

/** The part of speedscope's file format that sampled profiles are of, written down from its specification. */
export const SPEEDSCOPE_SCHEMA = {
  type: 'object',
  required: ['$schema', 'shared', 'profiles'],
  additionalProperties: false,
  properties: {
    $schema: { const: 'https://www.speedscope.app/file-format-schema.json' },
    name: { type: 'string' },
    exporter: { type: 'string' },
    activeProfileIndex: index,
    shared: {
      type: 'object',
      required: ['frames'],
      additionalProperties: false,
      properties: {
        frames: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name'],
            additionalProperties: false,
            properties: { name: { type: 'string' }, file: { type: 'string' }, line: index, col: index },
          },
        },
      },
    },
    profiles: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'name', 'unit', 'startValue', 'endValue', 'samples', 'weights'],
        additionalProperties: false,
        properties: {
          type: { const: 'sampled' },
          name: { type: 'string' },
          unit: { enum: ['none', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds', 'bytes'] },
          startValue: { type: 'number' },
          endValue: { type: 'number' },
          samples: { type: 'array', items: { type: 'array', items: index } },
          weights: { type: 'array', items: { type: 'number' } },
        },
      },
    },
  },
};
