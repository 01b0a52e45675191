// `Warning: 299 - "text"`, as RFC 7234 writes it: how an API server tells of deprecated fields.

/** Code, agent, quoted text, and an optional quoted date. Several may stand in one header, separated by commas. */
const warningValue = /(\d{3}) \S+ "((?:[^"\\]|\\.)*)"(?: "[^"]*")?/g

/** The texts of all `299` warnings of a response, each once, in order. */
export function warningTexts(header: string | readonly string[] | undefined): string[] {
  const values = header === undefined ? [] : typeof header === 'string' ? [header] : header
  const texts = new Set<string>()
  for (const value of values) {
    for (const [, code, quoted = ''] of value.matchAll(warningValue)) {
      if (code === '299') texts.add(quoted.replace(/\\(.)/g, '$1'))
    }
  }
  return [...texts]
}
