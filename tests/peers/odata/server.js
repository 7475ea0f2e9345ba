// An OData V4 and an OData V2 service of another author (npm @sap-ux/fe-mockserver-core) over metadata written by hand.
// Arguments: the node_modules folder. Prints its port once it listens, and ends when its input does.
"use strict";
const http = require("http");
const path = require("path");

const modules = process.argv[2];
const Mockserver = require(path.join(modules, "@sap-ux/fe-mockserver-core")).default;
console.log = (...words) => console.error(...words);

async function main() {
  const service = (name) => ({
    urlPath: `/${name}`,
    metadataPath: path.join(__dirname, name, "metadata.xml"),
    mockdataPath: path.join(__dirname, name, "data"),
    generateMockData: false,
    watch: false,
    strictKeyMode: true,
  });
  const mock = new Mockserver({ services: [service("v4"), service("v2")] });
  await mock.isReady;
  const server = http.createServer((request, response) => {
    mock.getRouter()(request, response, (fault) => {
      response.statusCode = fault ? 500 : 404;
      response.end(fault ? String(fault) : "");
    });
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
  process.stdin.on("end", () => process.exit(0));
  process.stdin.resume();
}

main();
