/**
 * The time with six digits after the second, as Kubernetes writes a MicroTime; client-go refuses fewer. What is not
 * an RFC 3339 time stays as it is, for the schema to refuse.
 */
export function microTime(text: string): string {
  return text.replace(
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/,
    (_, seconds: string, fraction: string | undefined, zone: string) => {
      return `${seconds}.${(fraction ?? '').slice(0, 6).padEnd(6, '0')}${zone}`
    },
  )
}
