// Goes through the steps of each trace; without it the page shows all steps below each other.
"use strict";
(function () {
    document.documentElement.classList.add("js");
    let last = null; // the trace that was used last: arrow keys go there

    function mark(lines) {
        document.querySelectorAll(".line.running").forEach((x) => x.classList.remove("running"));
        if (!lines) return;
        for (let i = Number(lines.dataset.first); i <= Number(lines.dataset.last); i++) {
            const line = document.getElementById("s" + lines.dataset.source + "-" + i);
            if (line) line.classList.add("running");
        }
    }

    function setUp(trace) {
        const controls = trace.querySelector(".controls");
        if (!controls) return;
        const range = controls.querySelector("input"), output = controls.querySelector("output");
        const every = controls.querySelector(".every"), picture = trace.querySelector(".picture");
        const steps = Array.from(trace.querySelectorAll(".steps > li"));
        const drawn = Array.from(trace.querySelectorAll("svg .step"));

        function show(at) {
            at = Math.max(0, Math.min(steps.length - 1, at));
            range.value = at + 1;
            output.textContent = (at + 1) + " of " + steps.length;
            range.setAttribute("aria-valuetext", steps[at].querySelector("h4").textContent);
            steps.forEach((li, i) => li.classList.toggle("now", i === at));
            drawn.forEach((g) => {
                g.classList.toggle("now", Number(g.dataset.step) === at);
                g.classList.toggle("later", Number(g.dataset.step) > at);
            });
            const band = trace.querySelector('svg .step[data-step="' + at + '"] .band');
            if (band && picture.scrollHeight > picture.clientHeight) {
                const y = band.getBoundingClientRect().top - picture.getBoundingClientRect().top;
                if (y < 60 || y > picture.clientHeight - 80) picture.scrollTop += y - picture.clientHeight / 2;
            }
            const seen = drawn.filter((g) => Number(g.dataset.step) === at).map((g) => g.querySelector(".mark, .arrow")).find(Boolean);
            if (seen && picture.scrollWidth > picture.clientWidth) {
                const box = seen.getBoundingClientRect(), frame = picture.getBoundingClientRect();
                if (box.left < frame.left || box.right > frame.right)
                    picture.scrollLeft += (box.left + box.right - frame.left - frame.right) / 2;
            }
            mark(steps[at].querySelector(".where a"));
            last = api;
        }

        const api = {
            move: (by) => show(Number(range.value) - 1 + by),
            follow: () => { // #c1-t1-s7: step 7 of the first trace of the first check
                const at = steps.findIndex((li) => "#" + li.id === location.hash);
                if (at >= 0) show(at);
                return at >= 0;
            },
        };
        controls.hidden = false;
        trace.classList.add("one");
        trace.querySelector(".steps").setAttribute("aria-live", "polite");
        range.addEventListener("input", () => show(Number(range.value) - 1));
        controls.querySelector(".back").addEventListener("click", () => api.move(-1));
        controls.querySelector(".on").addEventListener("click", () => api.move(1));
        every.addEventListener("click", () => {
            const one = trace.classList.toggle("one");
            every.setAttribute("aria-pressed", String(!one));
        });
        drawn.forEach((g) => g.addEventListener("click", () => show(Number(g.dataset.step))));
        show(0);
        return api;
    }

    const traces = Array.from(document.querySelectorAll(".trace")).map(setUp).filter(Boolean);
    last = traces[0] || null;
    mark(null);
    const follow = () => { const found = traces.find((t) => t.follow()); if (found) last = found; };
    follow();
    window.addEventListener("hashchange", follow);
    document.addEventListener("keydown", (e) => {
        if (!last || e.altKey || e.ctrlKey || e.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
        if (e.target.classList && e.target.classList.contains("scroll") && e.target.scrollWidth > e.target.clientWidth) return;
        if (e.key === "ArrowRight") last.move(1);
        else if (e.key === "ArrowLeft") last.move(-1);
        else return;
        e.preventDefault();
    });
    const counted = document.getElementById("counted");
    if (counted) counted.addEventListener("change", () => { document.body.dataset.check = counted.value; });
    window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
})();
