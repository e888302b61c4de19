// QuickJS as WebAssembly under V8, by npm's quickjs-emscripten: what do the
// rows of `js` take there?
//
// `cargo xtask bench --wasm` runs it beside `cases.json` and `times.json`, which
// the benchmarks wrote. A function is made once and called with handles of the
// host, as its hosts do; results are compared before they are timed.

import { readFileSync } from 'node:fs'
import { getQuickJS } from 'quickjs-emscripten'

const BATCH = 30e6
const ROUNDS = 11

const cases = JSON.parse(readFileSync('cases.json', 'utf8'))
const times = JSON.parse(readFileSync('times.json', 'utf8'))
const quickjs = await getQuickJS()

/** Whole nanoseconds of processor time of this process. */
function now() {
    const { user, system } = process.cpuUsage()
    return (user + system) * 1000
}

function start({ text, input }) {
    const context = quickjs.newContext()
    const evaluated = (code) => context.unwrapResult(context.evalCode(code))
    const func = evaluated(text)
    const kept = input.script && evaluated(input.script)
    const made = input.host && JSON.stringify(input.host)
    function argument() {
        if (input.text !== undefined) return context.newString(input.text)
        if (input.number !== undefined) return context.newNumber(input.number)
        if (made) return evaluated(`(${made})`)
        return undefined
    }
    function call() {
        const own = argument()
        const args = own ? [own] : kept ? [kept] : []
        const result = context.callFunction(func, context.undefined, ...args)
        own?.dispose()
        return context.unwrapResult(result)
    }
    return { context, call }
}

function measure(call, count) {
    const before = now()
    for (let i = 0; i < count; i++) call().dispose()
    return (now() - before) / count
}

function sorted(value) {
    if (Array.isArray(value)) return value.map(sorted)
    if (value === null || typeof value !== 'object') return value
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(entries.map(([key, value]) => [key, sorted(value)]))
}

for (const row of cases) {
    const { context, call } = start(row)
    const first = call()
    const result = context.dump(first) ?? null
    first.dispose()
    if (JSON.stringify(sorted(result)) !== JSON.stringify(sorted(row.wanted))) {
        throw new Error(`${row.row}: ${JSON.stringify(result)}`)
    }
    let count = 1
    while (measure(call, count) * count < BATCH) count *= 2
    const rounds = Array.from({ length: ROUNDS }, () => measure(call, count))
    const median = rounds.sort((a, b) => a - b)[ROUNDS >> 1]
    const native = (engine) => times.find((it) => it.row === row.row && it.engine === engine)
    const beside = ['rquickjs', 'ours'].map((engine) => {
        return `${(median / native(engine).median_ns).toFixed(2)} of ${engine}`
    })
    console.log(row.row.padEnd(28), `${median.toFixed(0)} ns`.padStart(14), ' ', beside.join('  '))
}
