// expect: error  a deep JSON text
JSON.parse('['.repeat(200000) + ']'.repeat(200000))
