import sharp from 'sharp';

/** A photo that lies on its side, as phones store it: the upper half red, the lower blue once it is upright. */
export async function sidewaysPhoto(width = 320, height = 200): Promise<Buffer> {
  const half = await sharp({ create: { width, height: height / 2, channels: 3, background: '#d02020' } })
    .png()
    .toBuffer();
  const upright = await sharp({ create: { width, height, channels: 3, background: '#2030d0' } })
    .composite([{ input: half, top: 0, left: 0 }])
    .png()
    .toBuffer();
  // Orientation 6: turn by 90° clockwise to see it upright; so the stored pixels are turned the other way.
  return sharp(upright).rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
}

export function plainPicture(color: string, width = 200, height = 120): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: color } })
    .png()
    .toBuffer();
}
