// A composite action has no post step; all the work is done by the scripts.
'use strict';
const { spawnSync } = require('node:child_process');
process.exitCode = spawnSync(`${__dirname}/mount.sh`, { stdio: 'inherit' }).status ?? 1;
