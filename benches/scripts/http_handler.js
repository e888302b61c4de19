function (text) {
    const request = JSON.parse(text)
    if (request.method !== 'POST') {
        return { status: 405, body: JSON.stringify({ message: 'send a POST' }) }
    }
    const { name, email, price, count } = request.body
    if (!name || !email) {
        return { status: 400, body: JSON.stringify({ message: 'a name and an address, please' }) }
    }
    const body = { message: 'Welcome, ' + name, total: price * count }
    return { status: 201, body: JSON.stringify(body) }
}
