import pytest
from playwright.sync_api import sync_playwright
from axe_playwright_python.sync_playwright import Axe
from tests.cast import make_cast
from tests.pathway.share_stage import *
from tests.wire import session_of
pytestmark=[pytest.mark.django_db(transaction=True)]
def build():
    cast=make_cast(); way=full_way(cast); way_consent(cast, (Part.PHASE, Part.PLAN, Part.HEALTH, Part.ASSESSMENT, Part.ACTIVITIES)); way_consent(cast,(Part.PHASE,),to=cast.fk_desk)
    tell(cast, way); tell(cast,way,(Part.PHASE,),to=cast.fk_desk)
    return cast,way
def test_look(committed_db, daphne, in_thread):
    cast,way=in_thread(build)
    server=daphne()
    pages=[("told",cast.psyk,f"/delat/{way.pk}/"),("list",cast.psyk,"/delat/"),("way",cast.soc,f"/vagen/{way.pk}/"),("desk",cast.soc,f"/vagen/{way.pk}/beratta/"),("form",cast.soc,f"/vagen/{way.pk}/beratta/?till={cast.fk_desk.pk}"),("consent",cast.soc,f"/deltagare/{cast.person.pk}/samtycke/vagen/"),("parts",cast.psyk,"/deltagare/")]
    with sync_playwright() as p:
        b=p.chromium.launch(executable_path='/usr/bin/chromium',args=['--no-sandbox','--disable-gpu','--disable-background-networking'])
        for w,scheme in ((1280,"light"),(360,"dark")):
            for name,hat,path in pages:
                ctx=b.new_context(viewport={"width":w,"height":900},color_scheme=scheme,locale="sv-SE",bypass_csp=True)
                ctx.add_cookies([{"name":"sessionid","value":in_thread(session_of,hat),"url":server.url}])
                pg=ctx.new_page(); pg.goto(server.url+path); pg.wait_for_timeout(300)
                pg.screenshot(path=f"/tmp/figD/{name}-{w}.png",full_page=True)
                print(name,w,pg.evaluate("document.documentElement.scrollWidth - innerWidth"),[x for x in ("None","True","False") if x in pg.inner_text("main").split()],[v["id"] for v in Axe().run(pg).response["violations"]])
                ctx.close()
        # live: taken back while open
        ctx=b.new_context(locale="sv-SE"); ctx.add_cookies([{"name":"sessionid","value":in_thread(session_of,cast.psyk),"url":server.url}])
        pg=ctx.new_page(); pg.goto(server.url+f"/delat/{way.pk}/"); pg.wait_for_timeout(2000)
        from workspace.front.actions.consents import withdraw_consent
        def wd():
            c=Consent.objects.order_by("pk")[0]
            withdraw_consent(by=cast.soc,consent=c,row_ids=list(c.rows.values_list("pk",flat=True)))
        in_thread(wd); pg.wait_for_timeout(1500)
        print("LIVE", pg.inner_text("#delat")[:200])
        b.close()
