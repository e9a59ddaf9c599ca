// What the local workspace says where a person cannot do what they try: the button is gone, the form is closed.

/** The workspace refused a control call. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
