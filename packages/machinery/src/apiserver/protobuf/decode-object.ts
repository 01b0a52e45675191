// Request bodies in Kubernetes' protobuf form become the JSON form. Typed Go clients send nothing else for built-in Kinds.

import { type JsonObject, StatusError } from '@sheaf/api/meta'
import { decodeMessage } from './decode-message.ts'
import { messages, type WireMessage } from './wire-notation.ts'
import { bytesOf, malformed, textOf, wireValues } from './wire-reader.ts'
import { wireKinds } from './wire-tables.ts'

/** Precedes every envelope: "k8s" and a zero. */
const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00)

const protobufType = 'application/vnd.kubernetes.protobuf'

/**
 * The object in an envelope, with its `apiVersion` and `kind`. Throws 400 for bytes that are no such message and 415 for
 * a Kind whose protobuf form is unknown here.
 */
export function decodeProtobuf(bytes: Uint8Array): JsonObject {
  if (!magic.every((byte, index) => bytes[index] === byte)) {
    throw malformed('it does not begin with the bytes 6b 38 73 00 of a Kubernetes envelope')
  }
  const envelope = readEnvelope(bytes.subarray(magic.length))
  const message = messageOf(envelope)
  const fields = decodeMessage(message, envelope.raw)
  return { apiVersion: envelope.apiVersion, kind: envelope.kind, ...fields }
}

interface Envelope {
  apiVersion: string
  kind: string
  raw: Uint8Array
}

function readEnvelope(bytes: Uint8Array): Envelope {
  const envelope: Envelope = { apiVersion: '', kind: '', raw: new Uint8Array() }
  for (const [number, value] of wireValues(bytes)) {
    if (number === 1) {
      for (const [part, text] of wireValues(bytesOf(value))) {
        if (part === 1) envelope.apiVersion = textOf(text)
        if (part === 2) envelope.kind = textOf(text)
      }
    }
    if (number === 2) envelope.raw = bytesOf(value)
    if (number === 3 && textOf(value) !== '') throw unsupported(`content encoding ${textOf(value)} inside the envelope`)
    if (number === 4 && !['', protobufType].includes(textOf(value))) {
      throw unsupported(`content type ${textOf(value)} inside the envelope`)
    }
  }
  return envelope
}

function messageOf({ apiVersion, kind }: Envelope): WireMessage {
  const byName = wireKinds[`${apiVersion}/${kind}`]
  const name = kind === 'DeleteOptions' ? kind : byName
  const message = name === undefined ? undefined : messages.get(name)
  if (message === undefined) throw unsupported(`protobuf of kind ${JSON.stringify(kind)} in ${JSON.stringify(apiVersion)}`)
  return message
}

function unsupported(what: string): StatusError {
  const message = `the body of the request was in an unknown format: ${what} - accepted media types include: application/json, application/yaml`
  return new StatusError(415, 'UnsupportedMediaType', message)
}
