const pause = new Int32Array(new SharedArrayBuffer(4))

module.exports = ms => { Atomics.wait(pause, 0, 0, ms) }
