/** The page at the root of a running host. */
export const homePage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Functions host</title>
  </head>
  <body>
    <h1>The function app is up and running</h1>
    <p>This is the local stand-in for the Azure Functions host. <a href="/admin/functions">Its functions</a>.</p>
  </body>
</html>
`;
