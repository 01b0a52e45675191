// One request and its answer as plain values: the seam. On the network a transport fills them from HTTP; in the
// same process they are handed straight to the API server's handler.

export interface ApiRequest {
  method: string
  /** Path with query, such as `/api/v1/namespaces?limit=500`. */
  path: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>
  body?: Uint8Array | string
  /** Aborted when the caller went away. */
  signal?: AbortSignal
}

export interface ApiResponse {
  status: number
  /** Lower-case names; a list where a header is repeated. */
  headers: Readonly<Record<string, string | readonly string[]>>
  /** The whole body, or for a watch its frames, each complete and already encoded. */
  body: Uint8Array | string | AsyncIterable<Uint8Array | string>
}

/** How a request travels. */
export type Fetch = (request: ApiRequest) => Promise<ApiResponse>

export function isStreaming(body: ApiResponse['body']): body is AsyncIterable<Uint8Array | string> {
  return typeof body !== 'string' && !(body instanceof Uint8Array)
}
