// PocketBase's settings, and what is in them.
const settings = $app.settings()
is("meta", [settings.meta.appName, settings.meta.appURL], ["Acme", "http://localhost:8090"])
is("switches", [settings.smtp.enabled, settings.s3.enabled, settings.rateLimits.enabled, settings.batch.enabled], [false, false, false, false])
is("kept", [settings.logs.maxDays, typeof settings.backups.cron], [5, "string"])
is("proxies", [settings.trustedProxy.headers, settings.superuserIPs], [[], []])
