import { describe, expect, test } from "vitest";
import {
  convertSoap,
  type SoapText,
  type SoapVersion,
} from "../../../../shared/routing/endpoint/convert-soap.ts";
import { isSoapFault } from "../../../../shared/routing/endpoint/soap-fault.ts";

const s11 = "http://schemas.xmlsoap.org/soap/envelope/";
const s12 = "http://www.w3.org/2003/05/soap-envelope";

const text = (body: string, facts: Partial<Omit<SoapText, "body">> = {}): SoapText => ({
  body: Buffer.from(body),
  contentType: undefined,
  soapAction: undefined,
  ...facts,
});

function convert(body: string, to: SoapVersion, facts: Partial<Omit<SoapText, "body">> = {}) {
  const converted = convertSoap(text(body, facts), to);
  if (!converted) throw new Error("It was not converted");
  return { ...converted, body: converted.body.toString() };
}

describe("a SOAP 1.1 message for an endpoint that speaks 1.2", () => {
  test("has the other envelope, content type and action, and its body as it was", () => {
    const body = `<a:Order xmlns:a="urn:a" n="1 &lt; 2"><![CDATA[x < y]]><!--c--> t&amp;u</a:Order>`;
    const converted = convert(`<s:Envelope xmlns:s="${s11}"><s:Body>${body}</s:Body></s:Envelope>`, "1.2", {
      contentType: "text/xml; charset=utf-8",
      soapAction: '"urn:order"',
    });
    expect(converted).toEqual({
      body: `<s:Envelope xmlns:s="${s12}"><s:Body>${body}</s:Body></s:Envelope>`,
      contentType: 'application/soap+xml; charset=utf-8; action="urn:order"',
      soapAction: undefined,
    });
  });

  test("takes its action from the addressing header when the transport names none", () => {
    const header = `<s:Header><w:Action xmlns:w="http://www.w3.org/2005/08/addressing">urn:x</w:Action></s:Header>`;
    const envelope = `<s:Envelope xmlns:s="${s11}">${header}<s:Body/></s:Envelope>`;
    expect(convert(envelope, "1.2").contentType).toBe('application/soap+xml; charset=utf-8; action="urn:x"');
  });

  test("names roles and what must be understood as 1.2 does, and keeps no encoding style on the envelope", () => {
    const block = `<h xmlns="urn:h" s:actor="http://schemas.xmlsoap.org/soap/actor/next" s:mustUnderstand="1"/>`;
    const envelope = `<s:Envelope xmlns:s="${s11}" s:encodingStyle="urn:e"><s:Header>${block}</s:Header><s:Body/></s:Envelope>`;
    expect(convert(envelope, "1.2").body).toBe(
      `<s:Envelope xmlns:s="${s12}"><s:Header><h xmlns="urn:h" s:role="${s12}/role/next" s:mustUnderstand="true"/></s:Header><s:Body/></s:Envelope>`,
    );
  });

  test("leaves an envelope inside its body alone", () => {
    const inner = `<x:Envelope xmlns:x="${s11}"><x:Body/></x:Envelope>`;
    const converted = convert(`<s:Envelope xmlns:s="${s11}"><s:Body>${inner}</s:Body></s:Envelope>`, "1.2");
    expect(converted.body).toBe(`<s:Envelope xmlns:s="${s12}"><s:Body>${inner}</s:Body></s:Envelope>`);
  });
});

describe("a SOAP 1.2 message for an endpoint that speaks 1.1", () => {
  test("has the action as a header, and no role where 1.1 has no name for it", () => {
    const block = `<h xmlns="urn:h" e:role="${s12}/role/ultimateReceiver" e:mustUnderstand="true" e:relay="true"/>`;
    const envelope = `<e:Envelope xmlns:e="${s12}"><e:Header>${block}</e:Header><e:Body><p/></e:Body></e:Envelope>`;
    const converted = convert(envelope, "1.1", { contentType: 'application/soap+xml; action="urn:a"' });
    expect(converted).toEqual({
      body: `<e:Envelope xmlns:e="${s11}"><e:Header><h xmlns="urn:h" e:mustUnderstand="1"/></e:Header><e:Body><p/></e:Body></e:Envelope>`,
      contentType: "text/xml; charset=utf-8",
      soapAction: '"urn:a"',
    });
  });

  test("may have the envelope's namespace as its default", () => {
    const envelope = `<Envelope xmlns="${s12}"><Body><p xmlns="urn:p"/></Body></Envelope>`;
    expect(convert(envelope, "1.1").body).toBe(
      `<Envelope xmlns="${s11}"><Body><p xmlns="urn:p"/></Body></Envelope>`,
    );
  });
});

describe("a fault", () => {
  const fault11 = (code: string) =>
    `<s:Envelope xmlns:s="${s11}"><s:Body><s:Fault><faultcode>${code}</faultcode><faultstring>no</faultstring><detail><d xmlns="urn:d">1</d></detail></s:Fault></s:Body></s:Envelope>`;

  test("of 1.1 has code, reason and detail in 1.2", () => {
    expect(convert(fault11("s:Client"), "1.2").body).toBe(
      `<s:Envelope xmlns:s="${s12}"><s:Body><s:Fault>` +
        `<s:Code><s:Value xmlns:s12="${s12}">s12:Sender</s:Value></s:Code>` +
        `<s:Reason><s:Text xml:lang="en">no</s:Text></s:Reason><s:Detail><d xmlns="urn:d">1</d></s:Detail>` +
        `</s:Fault></s:Body></s:Envelope>`,
    );
  });

  test("with a code of the service's own has it as a subcode, and as its code again when it comes back", () => {
    const there = convert(
      fault11(`x:Sold`).replace("<faultcode>", `<faultcode xmlns:x="urn:x">`),
      "1.2",
    ).body;
    expect(there).toContain(
      `<s:Value xmlns:s12="${s12}">s12:Receiver</s:Value><s:Subcode><s:Value xmlns:x="urn:x">x:Sold</s:Value></s:Subcode>`,
    );
    expect(convert(there, "1.1").body).toContain(
      `<faultcode xmlns:x="urn:x">x:Sold</faultcode><faultstring xml:lang="en">no</faultstring><detail><d xmlns="urn:d">1</d></detail>`,
    );
  });

  test("of 1.2 without a prefix has unqualified children in 1.1", () => {
    const fault = `<Fault><Code><Value>Sender</Value></Code><Reason><Text xml:lang="en">no</Text></Reason></Fault>`;
    const converted = convert(`<Envelope xmlns="${s12}"><Body>${fault}</Body></Envelope>`, "1.1").body;
    expect(converted).toContain(`<faultcode xmlns:s11="${s11}" xmlns="">s11:Client</faultcode>`);
    expect(converted).toContain(`<faultstring xml:lang="en" xmlns="">no</faultstring>`);
  });

  test("is recognised whatever its version, and only where it is one", () => {
    const isFault = (body: string) => isSoapFault("text/xml", Buffer.from(body));
    expect(isFault(fault11("s:Server"))).toBe(true);
    expect(isFault(convert(fault11("s:Server"), "1.2").body)).toBe(true);
    expect(isFault(`<s:Envelope xmlns:s="${s11}"><s:Body><Fault xmlns="urn:f"/></s:Body></s:Envelope>`)).toBe(
      false,
    );
    expect(isFault("<Fault/>")).toBe(false);
    expect(isFault("Fault <")).toBe(false);
    expect(isSoapFault("application/json", Buffer.from(fault11("s:Server")))).toBe(false);
  });
});

describe("what is not converted", () => {
  test.each([
    ["has the version already", `<s:Envelope xmlns:s="${s12}"><s:Body/></s:Envelope>`],
    ["is no envelope", "<order/>"],
    ["is not well-formed", `<s:Envelope xmlns:s="${s11}"><s:Body></s:Envelope>`],
    ["has a document type", `<!DOCTYPE s><s:Envelope xmlns:s="${s11}"/>`],
    ["is no XML", '{"a":1}'],
  ])("%s", (_why, body) => {
    expect(convertSoap(text(body), "1.2")).toBeUndefined();
  });
});
