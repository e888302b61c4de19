function (form) {
    const errors = []
    if (!form.username || form.username.length < 3) {
        errors.push('the username is too short')
    }
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(form.email)) {
        errors.push('the email address is not valid')
    }
    if (form.age < 18 || form.age > 120) {
        errors.push('the age is out of range')
    }
    return { valid: errors.length === 0, errors: errors }
}
