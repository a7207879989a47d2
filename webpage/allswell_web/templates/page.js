// Times in the reader's own zone, and the age of a copy that is old. The page says all of it without.
(() => {
  const lang = document.documentElement.lang, own = navigator.language, now = new Date();
  const speech = own.slice(0, 2) == lang.slice(0, 2) ? own : lang, asOf = document.getElementById("asof");
  for (const it of document.querySelectorAll("time[datetime*=T]")) {
    const at = new Date(it.dateTime), form = {hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short"};
    if (/:\d\d:/.test(it.textContent)) form.second = "2-digit";
    if (at.toDateString() != now.toDateString()) form.day = "numeric", form.month = "short";
    if (at.getFullYear() != now.getFullYear()) form.year = "numeric";
    it.textContent = at.toLocaleString(speech, form);
  }
  if (!asOf) return;
  const text = asOf.textContent, age = () => {
    const minutes = (Date.now() - new Date(asOf.dateTime)) / 6e4 | 0, ago = new Intl.RelativeTimeFormat(lang);
    if (minutes > 4) asOf.textContent = text + " (" + (minutes < 120 ? ago.format(-minutes, "minute") : ago.format(-(minutes / 60 | 0), "hour")) + ")";
  };
  age();
  document.onvisibilitychange = age;
})();
