// See main.js.
'use strict';
const { spawnSync } = require('node:child_process');
process.exitCode = spawnSync(`${__dirname}/unmount.sh`, { stdio: 'inherit' }).status ?? 1;
