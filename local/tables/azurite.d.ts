// Azurite ships no types; this is as much of it as is used. Its modules are CommonJS with `exports.default`.

declare module "azurite/dist/src/table/TableConfiguration.js" {
  interface TableConfiguration {
    readonly host: string;
    readonly port: number;
  }
  const module: {
    default: new (
      host: string,
      port: number,
      keepAliveTimeoutSeconds: number,
      metadataDbPath: string,
      enableDebugLog: boolean,
      enableAccessLog: boolean,
      accessLogStream: undefined,
      debugLogPath: undefined,
      loose: boolean,
      skipApiVersionCheck: boolean,
      cert: string,
      key: string,
      password: string,
      oauth: string | undefined,
      disableProductStyleUrl: boolean,
      inMemory: boolean,
    ) => TableConfiguration;
  };
  export default module;
}

declare module "azurite/dist/src/table/TableServer.js" {
  interface TableServer {
    start(): Promise<void>;
    /** Such as `http://127.0.0.1:10002`. */
    getHttpServerAddress(): string;
  }
  const module: { default: new (configuration: object) => TableServer };
  export default module;
}
