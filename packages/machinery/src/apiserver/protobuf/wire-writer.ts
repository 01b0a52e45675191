// Writes protobuf fields. Empty texts, false and empty lists are left out: in proto3 absent means the same.

export type WireBytes = Uint8Array

const nothing = new Uint8Array()

export const join = (parts: readonly WireBytes[]): WireBytes => Buffer.concat(parts)

export function text(field: number, value: string): WireBytes {
  return value === '' ? nothing : lengthDelimited(field, Buffer.from(value))
}

export function texts(field: number, values: readonly string[]): WireBytes {
  return join(values.map((value) => lengthDelimited(field, Buffer.from(value))))
}

export function flag(field: number, value: boolean): WireBytes {
  return value ? join([varint(field * 8), varint(1)]) : nothing
}

/** Written even when empty: that a message is there says something. */
export function message(field: number, ...parts: readonly WireBytes[]): WireBytes {
  return lengthDelimited(field, join(parts))
}

function lengthDelimited(field: number, content: WireBytes): WireBytes {
  return join([varint(field * 8 + 2), varint(content.length), content])
}

function varint(value: number): WireBytes {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Uint8Array.from([...bytes, rest])
}
