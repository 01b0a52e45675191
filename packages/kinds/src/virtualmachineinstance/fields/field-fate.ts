// What becomes of a field of the spec.

export type Fate = 'carried out' | 'refused' | 'reported' | { noEffect: string }
