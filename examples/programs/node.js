'use strict';

const crypto = require('crypto');
const vm = require('vm');
const zlib = require('zlib');

let state = 1;
function chance(n) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % n;
}

function word() {
    return Array.from({length: 2 + chance(10)}, () => String.fromCharCode(97 + chance(26))).join('');
}

function json(words) {
    const records = words.map((name, id) => ({id, name, tags: [name.length, null, {deep: name + id}]}));
    return JSON.stringify(JSON.parse(JSON.stringify(records)));
}

function maps(words) {
    const index = new Map();
    words.forEach((text, place) => {
        const key = text.slice(0, 2);
        if (!index.has(key)) index.set(key, []);
        index.get(key).push(place);
    });
    return [...index].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, places]) => key + places.length).join(' ');
}

// Many buffers of many sizes, alive together: each is a block outside the engine's heap.
function buffers() {
    const kept = [];
    const hash = crypto.createHash('sha256');
    for (let i = 0; i < 30000; ++i) {
        const buffer = Buffer.allocUnsafeSlow(16 + chance(6000)).fill(i & 255);
        hash.update(buffer.subarray(0, 64));
        kept[chance(3000)] = buffer;
    }
    return hash.digest('hex') + kept.reduce((sum, buffer) => sum + buffer.length, 0);
}

function compression(words) {
    const text = Buffer.from(words.join(' '));
    const packed = [zlib.deflateSync(text, {level: 5}), zlib.gzipSync(text, {level: 1})];
    const whole = zlib.inflateSync(packed[0]).equals(text) && zlib.gunzipSync(packed[1]).equals(text);
    return whole + packed.map((data) => crypto.createHash('md5').update(data).digest('hex')).join(' ');
}

// Fresh source each time, so that parser, compiler and code space are at work too.
function evaluation(words) {
    const body = words.slice(0, 1500).map((name, i) => `function f${i}(x) { return x + '${name}'.length * ${i}; }`);
    const calls = words.slice(0, 1500).map((_, i) => `sum = f${i}(sum) % 1000003;`);
    return String(vm.runInNewContext(`let sum = 0; ${body.join('\n')} ${calls.join('\n')} sum`));
}

for (let round = 0; round < Number(process.argv[2]); ++round) {
    const words = Array.from({length: 30000}, word);
    for (const task of [json, maps, buffers, compression, evaluation]) {
        const answer = task(words);
        console.log(round, task.name, answer.length, crypto.createHash('sha1').update(answer).digest('hex'));
    }
}
