import { writeFile } from "node:fs/promises";
import { defaultInstances } from "../../local/fleet/instance-list.ts";
import { emulatorConfig, emulatorConfigFile } from "./config.ts";

// `npm run infra:emulator -- web-0 web-1` writes the official emulator's configuration for these instances.

const instances = process.argv.slice(2).join(",") || defaultInstances;
await writeFile(emulatorConfigFile, await emulatorConfig(instances));
console.log(`${emulatorConfigFile}: entities for ${instances}`);
