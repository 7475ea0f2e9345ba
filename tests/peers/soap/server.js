// A small ERP that speaks SOAP: debtors, documents and payments in memory, served by the npm package `soap`.
// Started with the folder of node_modules and the folder of the WSDL; prints its port, and ends when stdin closes.
const [, , modules, wsdlFolder] = process.argv;
const path = require("path");
const fs = require("fs");
const http = require("http");
const soap = require(path.join(modules, "soap"));

const USER = "hub", PASSWORD = "clave-ñ";
const debtors = [], documents = [], payments = [];
for (let n = 1; n <= 45; n++) {
  const modified = new Date(Date.UTC(2026, 10, 1, 10, 0, Math.floor(n / 3))).toISOString();
  const who = n % 5
    ? { persona: { nombres: "José Ñandú", apellidoPaterno: "Núñez " + n, ...(n % 2 ? { apellidoMaterno: "Peña" } : {}) } }
    : { empresa: { razonSocial: "Comercial " + n + " & Cía. <Ltda.>" } };
  debtors.push({
    codigo: "D" + n, rut: n % 7 ? "1253190" + (n % 10) + "-2" : null, ...who,
    telefono: n % 4 ? "+5696123" + String(4000 + n) : null,
    correo: n % 3 ? ["d" + n + "@clientes.cl", "casa" + n + "@clientes.cl"] : [], modificado: modified,
  });
  documents.push({ numero: "F-" + n, deudor: "D" + n, vencimiento: "2026-10-01", total: 150000.5, saldo: 150000.5, modificado: modified });
}
const money = (amount) => ({ attributes: { moneda: "CLP" }, $value: amount.toFixed(2) });
const fault = (code, text, detail) => ({ Fault: { faultcode: "soap:" + code, faultstring: text, detail, statusCode: 500 } });
const page = (rows, asked) => {
  const since = asked.desde ? new Date(asked.desde).getTime() : 0;
  const found = rows.filter((row) => new Date(row.modificado).getTime() >= since);
  const start = (Number(asked.pagina) - 1) * Number(asked.tamano);
  return { rows: found.slice(start, start + Number(asked.tamano)), more: start + Number(asked.tamano) < found.length };
};
const nil = (value) => (value === null ? { attributes: { "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance", "xsi:nil": "true" } } : value);

// The package writes children in the namespace of their message; those of the types' own schema are named here.
const typed = (value) => {
  if (Array.isArray(value)) return value.map(typed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) =>
    name === "attributes" || name === "$value" ? [name, inner] : ["t:" + name, typed(inner)]));
};
const element = (value) => ({ attributes: { "xmlns:t": "urn:ejemplo:cobranza:tipos" }, ...typed(value) });

const port = {
  ListarDeudores(asked) {
    const { rows, more } = page(debtors, asked);
    return { deudor: rows.map((one) => element({ ...one, rut: nil(one.rut), telefono: nil(one.telefono) })), hayMas: more };
  },
  ListarDocumentos(asked) {
    const { rows, more } = page(documents, asked);
    return { documento: rows.map((one) => element({ ...one, total: money(one.total), saldo: money(one.saldo) })), hayMas: more };
  },
  RegistrarPago(asked) {
    const paid = asked.pago;
    const amount = Number(paid.monto.$value ?? paid.monto);
    const found = documents.find((one) => one.numero === paid.documento);
    if (!found) throw fault("Client", "Documento inexistente", { codigo: "E404", documento: paid.documento });
    if (amount > found.saldo) return { estado: "ERROR", mensaje: "El monto excede el saldo" };
    found.saldo -= amount;
    payments.push({ ...paid, monto: amount, idPago: "P" + (payments.length + 1) });
    return { estado: "OK", mensaje: nil(null), idPago: "P" + payments.length, saldo: found.saldo.toFixed(2) };
  },
  BuscarPago(asked) {
    const found = payments.filter((one) => one.referencia === asked.referencia);
    return { pago: found.map((one) => ({ ...element({ documento: one.documento, monto: money(one.monto), fecha: one.fecha, referencia: one.referencia }), idPago: one.idPago })) };
  },
};

const server = http.createServer((request, response) => { response.statusCode = 404; response.end(); });
server.listen(0, "127.0.0.1", () => {
  const uri = path.join(wsdlFolder, "Cobranza.wsdl");
  const made = soap.listen(server, {
    path: "/servicios/cobranza", services: { CobranzaService: { CobranzaSoap: port } },
    xml: fs.readFileSync(uri, "utf8"), uri, suppressStack: true,
    callback: () => console.log(server.address().port),
  });
  made.authenticate = (security) => {
    const token = security && security.UsernameToken;
    if (!token || token.Username !== USER) return false;
    const told = token.Password.$value ?? token.Password;
    if (told === PASSWORD) return true;
    if (!token.Nonce) return false;
    const digest = require("crypto").createHash("sha1")
      .update(Buffer.concat([Buffer.from(token.Nonce.$value ?? token.Nonce, "base64"), Buffer.from(token.Created), Buffer.from(PASSWORD)]))
      .digest("base64");
    return told === digest;
  };
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
