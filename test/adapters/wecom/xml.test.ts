import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childText, parseXml, textsOf } from '../../../adapters/wecom/callback/xml.ts';

describe('the XML of a callback', () => {
  it('gives texts, CDATA sections and entities', () => {
    const xml = parseXml(
      '<?xml version="1.0"?>\n<xml><A><![CDATA[1 < 2 & <b>]]></A><B>a &lt;b&gt; &amp; &#20320;&#x597D;</B><C/></xml>\n',
    );
    expect(xml && [childText(xml, 'A'), childText(xml, 'B'), childText(xml, 'C')]).toEqual([
      '1 < 2 & <b>',
      'a <b> & 你好',
      '',
    ]);
  });

  it('lets a person write about document types', () => {
    const xml = parseXml('<xml><Content><![CDATA[<!DOCTYPE html> <!ENTITY a "b">]]></Content></xml>');
    expect(xml && childText(xml, 'Content')).toBe('<!DOCTYPE html> <!ENTITY a "b">');
  });

  it('finds elements of one name at any depth', () => {
    const xml = parseXml(
      '<xml><P><Item><MediaId>1</MediaId></Item><Item><MediaId>2</MediaId></Item></P></xml>',
    );
    expect(xml && textsOf(xml, 'MediaId')).toEqual(['1', '2']);
  });

  it.for([
    ['a document type', '<!DOCTYPE xml><xml></xml>'],
    ['an entity declaration', '<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>'],
    ['a document type inside', '<xml><!DOCTYPE x><A>1</A></xml>'],
    ['an entity that is not predefined', '<xml><A>&xxe;</A></xml>'],
    ['an entity beyond Unicode', '<xml><A>&#9999999;</A></xml>'],
    ['half a surrogate pair', '<xml><A>&#xD800;</A></xml>'],
    ['a bare ampersand', '<xml><A>a & b</A></xml>'],
    ['attributes', '<xml><A b="c">1</A></xml>'],
    ['a comment', '<xml><!-- a --></xml>'],
    ['an instruction inside', '<xml><?php ?></xml>'],
    ['ends that do not match', '<xml><A></B></xml>'],
    ['no end', '<xml><A>1'],
    ['an open CDATA section', '<xml><![CDATA[1</xml>'],
    ['two roots', '<xml></xml><xml></xml>'],
    ['text beside the root', 'x<xml></xml>'],
    ['depth without end', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`],
    ['too many elements', `<xml>${'<a></a>'.repeat(5_000)}</xml>`],
    ['too much', `<xml>${' '.repeat(600_000)}</xml>`],
    ['nothing', ''],
  ] as const)('is refused with %s', ([, document]) => {
    expect(parseXml(document)).toBeUndefined();
  });

  it('never throws', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      '!',
      '[CDATA[',
      ']]>',
      '&',
      ';',
      '#',
      'x',
      'a',
      '<a>',
      '</a>',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        parseXml(parts.join(''));
      }),
      { numRuns: 3_000 },
    );
  });
});
