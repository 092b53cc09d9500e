/** What patterns choose from. */
export interface Universe {
  /** In order. */
  readonly names: readonly string[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** The text of a file that `@file` names; undefined when there is none. */
  readonly fileText?: ((path: string) => string | undefined) | undefined;
}
