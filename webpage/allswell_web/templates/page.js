// Times in the reader's own zone, and the age of a copy that is old. The page says all of it without.
(() => {
  const speech = document.documentElement.lang, asOf = document.getElementById("asof");
  const now = new Date(), zone = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  for (const time of document.querySelectorAll("time[datetime*=T]")) {
    const at = new Date(time.dateTime), form = { ...zone };
    if (/:\d\d:/.test(time.textContent)) form.second = "2-digit";
    if (at.toDateString() != now.toDateString()) { form.day = "numeric"; form.month = "short"; }
    if (at.getFullYear() != now.getFullYear()) form.year = "numeric";
    time.textContent = at.toLocaleString(speech, form);
  }
  const text = asOf && asOf.textContent;
  const age = () => {
    const minutes = Math.floor((Date.now() - new Date(asOf.dateTime)) / 6e4);
    const said = new Intl.RelativeTimeFormat(speech);
    if (minutes > 4) asOf.textContent = text + " (" + (minutes < 120 ? said.format(-minutes, "minute") : said.format(-Math.floor(minutes / 60), "hour")) + ")";
  };
  if (asOf) { age(); document.addEventListener("visibilitychange", age); }
})();
