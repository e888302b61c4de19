// expect: error  a deep JSON text that is never closed
JSON.parse('{"a":'.repeat(200000))
