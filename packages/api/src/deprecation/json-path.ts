// Where in an object something stands, and how Kubernetes writes that down.

export type JsonPath = readonly (string | number)[]

/** `spec.template.spec.volumes[0].name`; keys that are no plain word in brackets: `metadata.labels[kubevirt.io/x]`. */
export function pathText(path: JsonPath): string {
  return path.map((segment, index) => segmentText(segment, index === 0)).join('')
}

function segmentText(segment: string | number, isFirst: boolean): string {
  if (typeof segment === 'number' || !/^[A-Za-z_*][\w-]*$/.test(segment)) return `[${segment}]`
  return isFirst ? segment : `.${segment}`
}
